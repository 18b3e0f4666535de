// Where is one now? A heading that screen readers come to when the screen changes.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../ui";
import { show } from "./state";
import { t } from "./words";

export function Title({ children, back }: { children: ComponentChildren; back?: boolean }) {
  const own = useRef<HTMLHeadingElement>(null);
  useEffect(() => own.current?.focus({ preventScroll: true }), []);
  return (
    <div class="row title">
      {back && (
        <Button icon="back" onPress={() => show({ is: "start" })}>
          {t("back")}
        </Button>
      )}
      <h1 ref={own} tabIndex={-1}>
        {children}
      </h1>
    </div>
  );
}
