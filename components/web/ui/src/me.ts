// Who has signed in.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Me } from "./api/types";

export const MeContext = createContext<Me | null>(null);

/** Whoever sees the pages below has signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("nobody has signed in");
  return me;
}
