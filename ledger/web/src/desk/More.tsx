// Is there more of a list? A button that brings it.
import { Button } from "../ui";
import { t } from "./words";

export function More({ of }: { of: (() => unknown) | null }) {
  return (
    of && (
      <div class="row">
        <Button onPress={of}>{t("more")}</Button>
      </div>
    )
  );
}
