// What is known of the server and of whoever looks, for all views.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { OwnKey, Scope, Version } from "./types";

export type Server = {
  version?: Version;
  /** Whether the caller may do what needs the scope; the server decides in any case. */
  may: (scope: Scope) => boolean;
  own?: OwnKey;
};

export const ServerContext = createContext<Server>({ may: () => true });

export const useServer = () => useContext(ServerContext);

// The database that was looked at last is offered first.
let last = "";
export const lastDatabase = {
  get: () => last,
  set: (id: string) => {
    last = id;
  },
};
