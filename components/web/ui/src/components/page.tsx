// The frame of a page, and the loading and error states of its data.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";
import type { QueryResult } from "../api/query";
import { useMessages } from "../i18n";
import { ErrorNotice, Notice } from "./notice";

export interface Breadcrumb {
  href: string;
  label: string;
}

interface PageProps {
  title: string;
  breadcrumbs?: readonly Breadcrumb[];
  actions?: ComponentChildren;
  children: ComponentChildren;
}

let isFirstPage = true;

export function Page({ title, breadcrumbs = [], actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · NoKube`;
  }, [title]);
  // After client-side navigation, move the focus to the new title, so that a screen reader announces it.
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, []);
  return (
    <>
      {breadcrumbs.length > 0 && (
        <nav class="breadcrumbs" aria-label="breadcrumb">
          {breadcrumbs.map(({ href, label }) => (
            <Link key={href} href={href}>
              {label}
            </Link>
          ))}
        </nav>
      )}
      <header class="page-header">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface QueryViewProps<T> {
  result: QueryResult<T>;
  children: (data: T) => ComponentChildren;
}

/** Renders the data of a query; before it arrives, a loading message or the error. */
export function QueryView<T>({ result: { data, error, refetch }, children }: QueryViewProps<T>) {
  const t = useMessages();
  if (data === undefined) {
    if (error !== null) return <ErrorNotice error={error} retry={refetch} />;
    return <Loading />;
  }
  return (
    <>
      {error !== null &&
        (error.kind === "offline" ? (
          <Notice kind="warning">{t.errors.connectionLost}</Notice>
        ) : (
          <ErrorNotice error={error} retry={refetch} />
        ))}
      {children(data)}
    </>
  );
}

export function Loading() {
  const t = useMessages();
  return (
    <p class="loading" role="status">
      {t.loading}
    </p>
  );
}
