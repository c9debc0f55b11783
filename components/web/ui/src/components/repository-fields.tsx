// The fields that say what is built: a repository, a branch, and the service's name. What the user can read is suggested.
import { useRef, useState } from "preact/hooks";
import { ApiError } from "../api/error";
import { findBranches, findRepositories } from "../api/repositories";
import { isSameRepository, repositoryQuery } from "../api/repository-name";
import type { RepositoryFound } from "../api/types";
import type { BuildForm } from "../forms/build";
import { useMessages } from "../i18n";
import { ComboboxField } from "./combobox-field";
import { TextField } from "./fields";
import type { Suggest } from "./suggestions";

interface RepositoryFieldsProps {
  form: BuildForm;
  set: (change: Partial<BuildForm>) => void;
  /** Whether the service's name is still to be chosen. */
  isNew: boolean;
}

export function RepositoryFields({ form, set, isNew }: RepositoryFieldsProps) {
  const t = useMessages();
  const { suggestRepositories, suggestBranches } = useRepositorySuggestions(form.repository_url);
  return (
    <>
      <ComboboxField
        name="repository_url"
        type="url"
        label={t.newBuild.repository}
        hint={t.newBuild.repositoryHint}
        value={form.repository_url}
        onChange={(repository_url) => set({ repository_url })}
        suggest={suggestRepositories}
        required
      />
      <div class="two-columns">
        <ComboboxField
          // Another repository may have branches to suggest when this one has not.
          key={form.repository_url}
          name="branch"
          label={t.newBuild.branch}
          hint={t.newBuild.branchHint}
          value={form.branch}
          onChange={(branch) => set({ branch })}
          suggest={suggestBranches}
        />
        <TextField
          name="service_name"
          label={t.newBuild.service}
          hint={isNew ? t.newBuild.serviceHint : ""}
          value={form.service_name}
          onChange={(service_name) => set({ service_name })}
          disabled={!isNew}
          required
        />
      </div>
    </>
  );
}

interface RepositorySuggestions {
  suggestRepositories: Suggest | null;
  suggestBranches: Suggest | null;
}

/** Suggests repositories, and the branches of the one at `url`, unless the platform cannot look for repositories. */
function useRepositorySuggestions(url: string): RepositorySuggestions {
  const t = useMessages();
  const [isAvailable, setAvailable] = useState(true);
  const found = useRef<readonly RepositoryFound[]>([]);
  /** The address of a repository that was not found. It is not looked for again with each letter of a branch. */
  const notFound = useRef<string | null>(null);
  const find = async (text: string, signal: AbortSignal) => {
    try {
      found.current = await findRepositories(text, signal);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.isRefusal) setAvailable(false);
      throw thrown;
    }
    return found.current;
  };
  const suggestRepositories: Suggest = async (text, signal) =>
    (await find(text, signal)).map((repository) => ({
      value: repository.repository_url,
      label: repository.full_name,
      note: repository.private ? t.newBuild.privateRepository : "",
    }));
  const suggestBranches: Suggest = async (text, signal) => {
    if (repositoryQuery(url) === "" || notFound.current === url) return [];
    const isWanted = ({ repository_url }: RepositoryFound) => isSameRepository(repository_url, url);
    const repository = found.current.find(isWanted) ?? (await find(url, signal)).find(isWanted);
    if (repository === undefined) {
      notFound.current = url;
      return [];
    }
    const { branches, default_branch } = await findBranches(repository.id, text.trim(), signal);
    return branches.map((branch) => ({
      value: branch,
      label: branch,
      note: branch === default_branch ? t.service.defaultBranch : "",
    }));
  };
  if (!isAvailable) return { suggestRepositories: null, suggestBranches: null };
  return { suggestRepositories, suggestBranches };
}
