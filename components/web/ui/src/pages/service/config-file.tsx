// What a service takes from the configuration file in its branch, and what is wrong with it.
import type { Project, Service } from "../../api/types";
import { ConfigErrors } from "../../components/config-errors";
import { Notice } from "../../components/notice";
import { DescriptionList, Section } from "../../components/section";
import { FILE_NAME, fileUrl } from "../../forms/config-file";
import { useMessages } from "../../i18n";
import { ChangeLink } from "./change-link";

interface ConfigFileProps {
  project: Project;
  service: Service;
}

export function ConfigFile({ project, service }: ConfigFileProps) {
  const t = useMessages();
  const { use_config_file, config_file: file } = service;
  if (!use_config_file) return null;
  return (
    <Section
      title={t.configFile.title}
      actions={<ChangeLink project={project} service={service} label={t.configFile.title} />}
    >
      {file === null && <p>{t.configFile.notRead}</p>}
      {file && file.errors.length > 0 && (
        <Notice kind="warning">
          <p>
            <strong>{t.configFile.invalid}</strong>
          </p>
          <ConfigErrors service={service} commit={file.commit_sha} errors={file.errors} />
          <p>{t.configFile.whatToDo}</p>
        </Notice>
      )}
      {file && (
        <DescriptionList
          items={[
            [
              t.configFile.file,
              <a href={fileUrl(service, file.commit_sha)} target="_blank" rel="noopener noreferrer">
                {FILE_NAME} ({file.commit_sha.slice(0, 7)})
              </a>,
            ],
            [t.configFile.buildFields, <Names names={file.build_fields} />],
            [t.configFile.deploymentFields, <Names names={file.deployment_fields} />],
          ]}
        />
      )}
    </Section>
  );
}

function Names({ names }: { names: readonly string[] }) {
  const t = useMessages();
  if (names.length === 0) return <span class="muted">{t.configFile.none}</span>;
  return (
    <>
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 && ", "}
          <code>{name}</code>
        </span>
      ))}
    </>
  );
}
