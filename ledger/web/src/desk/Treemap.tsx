// Which parts make up an area? Tiles as large as their volunteers, the darker the more have a star.
import { hierarchy, treemap } from "d3-hierarchy";
import { useMemo } from "preact/hooks";
import { count } from "../i18n/format";
import { t } from "./words";

export interface Tile {
  id: string;
  name: string;
  volunteers: number;
  starred: number;
  href: string | null;
}

const WIDE = 1000;
const HIGH = 420;

export function share({ volunteers, starred }: { volunteers: number; starred: number }): string {
  return volunteers === 0 ? "0%" : `${Math.round((100 * starred) / volunteers)}%`;
}

export function Treemap({ tiles, label }: { tiles: readonly Tile[]; label: string }) {
  const laid = useMemo(() => layout(tiles), [tiles]);
  const most = Math.max(0.0001, ...tiles.map(ratio));
  return (
    <ul class="treemap" aria-label={label}>
      {laid.map(({ tile, left, top, width, height }) => {
        const step = Math.min(4, Math.floor((5 * ratio(tile)) / most));
        const text = (
          <>
            <b>{tile.name}</b>
            <span>{count(tile.volunteers)}</span>
            <span class={width * height > 14_000 ? "" : "sr-only"}>
              {t("starredShare", { share: share(tile) })}
            </span>
          </>
        );
        return (
          <li
            key={tile.id}
            style={{
              left: `${(100 * left) / WIDE}%`,
              top: `${(100 * top) / HIGH}%`,
              width: `${(100 * width) / WIDE}%`,
              height: `${(100 * height) / HIGH}%`,
            }}
          >
            {tile.href === null ? (
              <div class={`tile share-${step}`}>{text}</div>
            ) : (
              <a class={`tile share-${step}`} href={tile.href}>
                {text}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function ratio({ volunteers, starred }: Tile): number {
  return volunteers === 0 ? 0 : starred / volunteers;
}

function layout(tiles: readonly Tile[]) {
  const root = hierarchy<{ tile: Tile | null; parts: { tile: Tile; parts: [] }[] }>(
    { tile: null, parts: tiles.map((tile) => ({ tile, parts: [] })) },
    ({ parts }) => parts,
  )
    .sum(({ tile }) => tile?.volunteers ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  return treemap<(typeof root)["data"]>()
    .size([WIDE, HIGH])
    .padding(4)(root)
    .leaves()
    .flatMap(({ data, x0, x1, y0, y1 }) =>
      data.tile === null
        ? []
        : [{ tile: data.tile, left: x0, top: y0, width: x1 - x0, height: y1 - y0 }],
    );
}
