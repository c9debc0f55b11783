// A log that scrolls as lines arrive.
import { useEffect, useRef, useState } from "preact/hooks";
import { useLogStream } from "../api/log-stream";
import { useMessages } from "../i18n";
import { noLogReasons } from "../i18n/api-codes";
import { ApiText, useTranslate } from "./api-text";
import { parseGitHubLine, parseProgramLine } from "./log-line";

interface LogViewerProps {
  /** The API path of the log. */
  path: string;
  /** A GitHub build, one pod, or several pods, whose names are shown. */
  source: "build" | "pod" | "pods";
}

/** The view follows new lines while it is scrolled to within this distance of the end. */
const FOLLOW_MARGIN_PX = 40;

export function LogViewer({ path, source }: LogViewerProps) {
  const t = useMessages();
  const translate = useTranslate();
  const { lines, state } = useLogStream(path);
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => {
    const element = box.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
  }, [lines, isFollowing]);
  // Scrolling up stops following, so that the user can read.
  const onScroll = () => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOW_MARGIN_PX);
  };
  // Lines with a reason only say why there is no log.
  const isEmpty = lines.every((line) => line.reason !== null);
  const shownState = state === "live" && isEmpty ? "waiting" : state;
  return (
    <div class="log">
      <div class="log-header">
        <span class={`state ${shownState}`} role="status">
          {t.log[shownState]}
        </span>
        <a href={path} target="_blank" rel="noopener">
          {t.log.openAsText}
        </a>
      </div>
      <div class="log-lines" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t.log.label} aria-live="off">
        {lines.length === 0 && <p class="muted">{t.log.empty}</p>}
        {lines.map((line) => {
          const parsed = source === "build" ? parseGitHubLine(line.text) : parseProgramLine(line.text);
          return (
            parsed && (
              <div key={line.key} class={parsed.kind}>
                {source === "pods" && <span class="pod">{line.pod} </span>}
                {line.reason === null ? parsed.text : <ApiText translation={translate(noLogReasons, line.reason)} text={parsed.text} />}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
