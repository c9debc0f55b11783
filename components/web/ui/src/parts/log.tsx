// A log as it is written.
import { useEffect, useRef, useState } from "preact/hooks";
import { useLog } from "../api/follow";
import { useT } from "../i18n";
import { noLog } from "../i18n/words";
import { ofGitHub, plain } from "./readable";
import { Said, useWord } from "./said";

interface LogProps {
  /** The log's address at the API. */
  path: string;
  /** Whose log it is: of a build at GitHub, of one pod, or of several, which are named then. */
  of: "build" | "pod" | "pods";
}

export function Log({ path, of }: LogProps) {
  const t = useT();
  const word = useWord();
  const { lines, state } = useLog(path);
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  useEffect(() => {
    const element = box.current;
    if (following && element) element.scrollTop = element.scrollHeight;
  }, [lines, following]);
  // Who scrolls up wants to read, not to be taken to the end again.
  const scrolled = () => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 40);
  };
  // That there is none yet is no log.
  const empty = lines.every((line) => line.reason !== null);
  const shownState = state === "live" && empty ? "waiting" : state;
  return (
    <div class="log">
      <div class="log-head">
        <span class={`state ${shownState}`} role="status">
          {t.log[shownState]}
        </span>
        <a href={path} target="_blank" rel="noopener">
          {t.log.text}
        </a>
      </div>
      <div class="lines" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-label={t.log.label} aria-live="off">
        {lines.length === 0 && <p class="quiet">{t.log.empty}</p>}
        {lines.map((line) => {
          const shown = of === "build" ? ofGitHub(line.text) : plain(line.text);
          return (
            shown && (
              <div key={line.key} class={shown.kind}>
                {of === "pods" && <span class="pod">{line.pod} </span>}
                {line.reason === null ? shown.text : <Said words={word(noLog, line.reason)} text={shown.text} />}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
