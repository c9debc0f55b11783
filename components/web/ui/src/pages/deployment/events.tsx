// What the cluster noted about a deployment.
import { useState } from "preact/hooks";
import { api, content } from "../../api/client";
import { useLoad } from "../../api/load";
import { useT } from "../../i18n";
import { events as words } from "../../i18n/words";
import { Shown } from "../../parts/page";
import { Said, useWord } from "../../parts/said";
import { Section, When } from "../../parts/small";

const again = 10_000;

export function Events({ id }: { id: string }) {
  const t = useT();
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
      {open && <List id={id} />}
    </Section>
  );
}

function List({ id }: { id: string }) {
  const t = useT();
  const word = useWord();
  const loaded = useLoad(
    (signal) =>
      content(api.GET("/api/v1/deployments/{deployment}/events", { params: { path: { deployment: id } }, signal })),
    [id],
    () => again,
  );
  return (
    <Shown of={loaded}>
      {({ events }) =>
        events.length === 0 ? (
          <p class="quiet">{t.deployment.noEvents}</p>
        ) : (
          <ul class="rows">
            {events.map((event, at) => (
              <li key={at}>
                <div>
                  <strong>
                    <Said words={word(words, event.reason)} text={event.reason} />
                  </strong>{" "}
                  {event.count > 1 && `× ${event.count} `}
                  <span class="quiet">{event.object}</span>
                  <div class="break">
                    <Said text={event.message} />
                  </div>
                </div>
                <div class="end quiet">{event.at && <When at={event.at} />}</div>
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  );
}
