// In which place, and what lies in it, is it looked for? As the address says; none: wherever one works.
import { Finder } from "../ui";
import { findPlaces } from "./finding";
import { useFilter } from "./route";
import { t } from "./words";

export function Within({ label, home }: { label: string; home: string }) {
  const [place, setPlace] = useFilter("in");
  return (
    <Finder
      label={label}
      find={findPlaces(home)}
      value={place}
      none={t("everywhere")}
      onText={setPlace}
    />
  );
}
