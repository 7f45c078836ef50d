// Icons of 16 units, drawn as lines in the colour of the text.
const paths = {
  databases: "M3 4c0-1.100 2.200-2 5-2s5 .900 5 2-2.200 2-5 2-5-.900-5-2Zm0 0v8c0 1.100 2.200 2 5 2s5-.900 5-2V4M3 8c0 1.100 2.200 2 5 2s5-.900 5-2",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.600-1.400L14 14",
  chunks: "M2.500 3.500h11M2.500 8h11M2.500 12.500h7",
  live: "M1.500 8.500h3l2-5.500 3 10 2-4.500h3",
  keys: "M9.500 6.500a3.500 3.500 0 1 0-1.200 2.600l.700-.100v1.500h1.500V12H12v2h2v-2.500L9.300 7.300",
  plus: "M8 3v10M3 8h10",
  close: "m4 4 8 8m0-8-8 8",
  trash: "M2.500 4.500h11M6 4.500V3h4v1.500M4 4.500l.500 9h7l.500-9M6.500 7v4M9.500 7v4",
  edit: "m3 13 .600-2.600L10.500 3.500l2 2-6.900 6.900L3 13Z",
  rebuild: "M13 5.500A5.500 5.500 0 0 0 3 6M3 2.500V6h3.500M3 10.500A5.500 5.500 0 0 0 13 10m0 3.500V10H9.500",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  compare: "M2.500 3h4.500v10H2.500zM9 3h4.500v10H9z",
  check: "m3 8.500 3.500 3.500L13 4.500",
  filter: "M2 3.500h12M4.500 8h7M6.500 12.500h3",
  more: "M8 3.200v.100M8 8v.100M8 12.700v.100",
  upload: "M8 10.500V2.500M4.800 5.500 8 2.300l3.200 3.200M2.500 10.500v3h11v-3",
  light: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z",
  auto: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 0v12M10 3v10M12 4.500v7",
  like: "M3 8a5 5 0 0 1 5-5M13 8a5 5 0 0 1-5 5M8 9.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z",
  right: "m6 3.500 4.500 4.500L6 12.500",
  signout: "M6.500 2.500h-4v11h4M10 5l3 3-3 3M13 8H6",
  code: "M5.500 4.500 2 8l3.500 3.500M10.500 4.500 14 8l-3.500 3.500",
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
