// The Kubernetes events of a deployment.
import { useState } from "preact/hooks";
import { api, unwrap } from "../../api/client";
import { useQuery } from "../../api/query";
import { ApiText, useTranslate } from "../../components/api-text";
import { QueryView } from "../../components/page";
import { RelativeTime } from "../../components/relative-time";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { eventReasons } from "../../i18n/api-codes";

const POLL_INTERVAL_MS = 10_000;

export function Events({ id }: { id: string }) {
  const t = useMessages();
  const [open, setOpen] = useState(false);
  return (
    <Section
      title={t.deployment.events}
      actions={
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t.hide : t.show}
        </button>
      }
    >
      {open && <EventList id={id} />}
    </Section>
  );
}

function EventList({ id }: { id: string }) {
  const t = useMessages();
  const translate = useTranslate();
  const result = useQuery(
    (signal) =>
      unwrap(api.GET("/api/v1/deployments/{deployment}/events", { params: { path: { deployment: id } }, signal })),
    [id],
    () => POLL_INTERVAL_MS,
  );
  return (
    <QueryView result={result}>
      {({ events }) =>
        events.length === 0 ? (
          <p class="muted">{t.deployment.noEvents}</p>
        ) : (
          <ul class="rows">
            {events.map((event, index) => (
              <li key={index}>
                <div>
                  <strong>
                    <ApiText translation={translate(eventReasons, event.reason)} text={event.reason} />
                  </strong>{" "}
                  {event.count > 1 && `× ${event.count} `}
                  <span class="muted">{event.object}</span>
                  <div class="wrap-anywhere">
                    <ApiText text={event.message} />
                  </div>
                </div>
                <div class="row-end muted">{event.at && <RelativeTime time={event.at} />}</div>
              </li>
            ))}
          </ul>
        )
      }
    </QueryView>
  );
}
