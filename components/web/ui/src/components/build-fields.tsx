// The fields that say what is built and how, in the form of a new build and of a service's source.
import { hasAdvancedOptions, type BuildForm } from "../forms/build";
import { useMessages } from "../i18n";
import { CheckboxField, RadioField, TextField } from "./fields";
import { MoreOptions } from "./more-options";
import { RepositoryFields } from "./repository-fields";

interface FieldsProps {
  form: BuildForm;
  set: (change: Partial<BuildForm>) => void;
}

interface BuildFieldsProps extends FieldsProps {
  /** Whether the service's name is still to be chosen. */
  isNew: boolean;
}

export function BuildFields({ form, set, isNew }: BuildFieldsProps) {
  return (
    <>
      <RepositoryFields form={form} set={set} isNew={isNew} />
      <DockerfileFields form={form} set={set} />
      <AdvancedOptions form={form} set={set} />
    </>
  );
}

function DockerfileFields({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <>
      <RadioField
        name="source"
        label={t.newBuild.source}
        value={form.source}
        onChange={(source) => set({ source })}
        options={[
          { value: "buildpacks", label: t.newBuild.buildpacks },
          { value: "repository", label: t.newBuild.dockerfileInRepository },
          { value: "inline", label: t.newBuild.dockerfileInline },
        ]}
      />
      {form.source === "repository" && (
        <TextField
          name="dockerfile_path"
          label={t.newBuild.dockerfilePath}
          hint={t.newBuild.dockerfilePathHint}
          value={form.dockerfile_path}
          onChange={(dockerfile_path) => set({ dockerfile_path })}
        />
      )}
      {form.source === "inline" && (
        <TextField
          name="dockerfile_content"
          label={t.newBuild.dockerfileContent}
          rows={10}
          value={form.dockerfile_content}
          onChange={(dockerfile_content) => set({ dockerfile_content })}
        />
      )}
    </>
  );
}

function AdvancedOptions({ form, set }: FieldsProps) {
  const t = useMessages();
  return (
    <MoreOptions open={hasAdvancedOptions(form)}>
      <TextField
        name="build_args"
        label={t.newBuild.args}
        hint={t.newBuild.argsHint}
        rows={4}
        value={form.build_args}
        onChange={(build_args) => set({ build_args })}
      />
      <div class="two-columns">
        <TextField
          name="context"
          label={t.newBuild.context}
          hint={t.newBuild.contextHint}
          value={form.context}
          onChange={(context) => set({ context })}
        />
        <TextField
          name="image_tag"
          label={t.newBuild.tag}
          value={form.image_tag}
          onChange={(image_tag) => set({ image_tag })}
        />
      </div>
      <CheckboxField
        name="submodules"
        label={t.newBuild.submodules}
        hint={t.newBuild.submodulesHint}
        value={form.submodules}
        onChange={(submodules) => set({ submodules })}
      />
      <CheckboxField name="lfs" label={t.newBuild.lfs} value={form.lfs} onChange={(lfs) => set({ lfs })} />
    </MoreOptions>
  );
}
