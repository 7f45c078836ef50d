import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure, Loading } from "../ui/basic";

/** A view whose program is loaded when it is first shown. */
export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Lazy() {
    const [View, set] = useState(() => loaded);
    const [error, setError] = useState<Error>();
    useEffect(() => {
      if (!View) load().then((v) => set(() => (loaded = v)), setError);
    }, []);
    if (error) return <Failure error={new Error("A part of the console could not be loaded. Load the page again.")} />;
    return View ? <View /> : <Loading />;
  };
}
