import { Dialog } from "../ui/dialog";

const list: [string, string][] = [
  ["/", "Search"],
  ["Enter", "Open what has the focus"],
  ["↑ ↓  or  k j", "Move through rows and hits"],
  ["Esc", "Leave a field, close a window"],
  ["?", "This list"],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div class="dialog-body">
        <dl class="pairs">
          {list.map(([keys, what]) => (
            <>
              <dt>
                <code>{keys}</code>
              </dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
