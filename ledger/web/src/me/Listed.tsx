// A long list: what there is of it so far, and a button that brings more.
import type { ComponentChildren } from "preact";
import { Button, Card } from "../ui";
import type { Parts } from "./useParts";
import { t } from "./words";

interface Props<Item> {
  title: string;
  of: Parts<Item>;
  /** What is said where there is nothing. */
  none: string;
  children: (item: Item) => ComponentChildren;
}

export function Listed<Item>({ title, of: { items, more }, none, children }: Props<Item>) {
  return (
    <Card title={title}>
      {items.length === 0 && <p class="soft">{none}</p>}
      <ol class="me-lines">{items.map(children)}</ol>
      {more && (
        <Button wide onPress={more}>
          {t("more")}
        </Button>
      )}
    </Card>
  );
}
