// Doing something once: what is under way, and what went wrong.
import { useRef, useState } from "preact/hooks";
import { asFailure, type Failure } from "./failure";

export interface Act {
  busy: boolean;
  failure: Failure | null;
  /** Runs `what`, unless something is under way already. */
  run: (what: () => Promise<void>) => Promise<void>;
  /** Forgets what went wrong. */
  clear: () => void;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const underWay = useRef(false);
  const run = async (what: () => Promise<void>) => {
    if (underWay.current) return;
    underWay.current = true;
    setBusy(true);
    setFailure(null);
    try {
      await what();
    } catch (thrown) {
      setFailure(asFailure(thrown));
    } finally {
      underWay.current = false;
      setBusy(false);
    }
  };
  return { busy, failure, run, clear: () => setFailure(null) };
}
