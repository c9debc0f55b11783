// The frame of a page: its title, where it stands, and what it shows while its content is on the way.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import type { Loaded } from "../api/load";
import { useT } from "../i18n";
import { FailureNotice, Notice } from "./notice";

interface PageProps {
  title: string;
  /** The pages above this one. */
  trail?: readonly { to: string; label: string }[];
  actions?: ComponentChildren;
  children: ComponentChildren;
}

let first = true;

export function Page({ title, trail = [], actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · NoKube`;
  }, [title]);
  // A screen reader goes on from the new page's title, as after a real navigation.
  useEffect(() => {
    if (!first) heading.current?.focus();
    first = false;
  }, []);
  return (
    <>
      {trail.length > 0 && (
        <nav class="trail" aria-label="breadcrumb">
          {trail.map(({ to, label }) => (
            <Link key={to} href={to}>
              {label}
            </Link>
          ))}
        </nav>
      )}
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface ShownProps<T> {
  of: Loaded<T>;
  children: (data: T) => ComponentChildren;
}

/** What was loaded; before that, that it is on the way, or why it cannot be had. */
export function Shown<T>({ of: { data, failure, reload }, children }: ShownProps<T>) {
  const t = useT();
  if (data === undefined) {
    if (failure !== null) return <FailureNotice failure={failure} retry={reload} />;
    return (
      <p class="loading" role="status">
        {t.loading}
      </p>
    );
  }
  return (
    <>
      {failure !== null &&
        (failure.kind === "offline" ? (
          <Notice kind="wait">{t.failures.lost}</Notice>
        ) : (
          <FailureNotice failure={failure} retry={reload} />
        ))}
      {children(data)}
    </>
  );
}
