// The advanced options of a form. They open by themselves if one of them has an error.
import type { ComponentChildren } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { useMessages } from "../i18n";
import { FieldErrorsContext } from "./field-errors";

interface MoreOptionsProps {
  /** Whether they are open at first. */
  open: boolean;
  children: ComponentChildren;
}

export function MoreOptions({ open, children }: MoreOptionsProps) {
  const t = useMessages();
  const errors = useContext(FieldErrorsContext);
  const details = useRef<HTMLDetailsElement>(null);
  // Later changes are the user's.
  const [openAtFirst] = useState(open);
  useEffect(() => {
    if (details.current?.querySelector(".field-error")) details.current.open = true;
  }, [errors]);
  return (
    <details ref={details} open={openAtFirst}>
      <summary>{t.more}</summary>
      {children}
    </details>
  );
}
