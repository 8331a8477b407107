// How a report's page looks: on a wide or a narrow screen, light or dark, and on paper.
#pragma once

#include <string_view>

namespace roger {

/// CSS, without what XML would want escaped.
inline constexpr std::string_view page_style = R"(
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --text: #1b1e24; --quiet: #5a616d; --rule: #e3e6ea;
  --first: #1d5fc4; --second: #b4540a; --third: #8a3ab9; --failure: #c42b34;
  --good: #1a7a4c; --warn: #8a5a00; --hover: rgb(30 60 120 / 8%);
  --gap: rgb(196 43 52 / 12%); --gap-edge: rgb(196 43 52 / 30%);
  --good-panel: #eef8f2; --bad-panel: #fdf0f0; --warn-panel: #fdf6e3;
  --acked: #2c9365; --refused: #c8701a; --wrong-answer: #9b51c9; --timed-out: #a98712;
  --connection-lost: #d0424b; --never-connected: #7d2a30; --unsent: #8b93a1;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --panel: #1d2026; --text: #e7e9ee; --quiet: #a2a9b6; --rule: #2e333c;
    --first: #74adff; --second: #f2a35e; --third: #cf9df5; --failure: #ff7f85;
    --good: #63d19b; --warn: #f0c35a; --hover: rgb(160 190 255 / 12%);
    --gap: rgb(255 127 133 / 18%); --gap-edge: rgb(255 127 133 / 40%);
    --good-panel: #16261e; --bad-panel: #2d1b1e; --warn-panel: #2a2416;
    --acked: #45b583; --refused: #eb9a4b; --wrong-answer: #b97be3; --timed-out: #dcbc4c;
    --connection-lost: #ec6a72; --never-connected: #b45a60; --unsent: #7b8494;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 2rem; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 1.75rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em;
  overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; font-weight: 650; letter-spacing: -.01em; margin: 3.25rem 0 1rem;
  padding-top: 1.5rem; border-top: 1px solid var(--rule); }
h3 { font-size: .95rem; font-weight: 600; }
h3 small { font-size: .85rem; font-weight: 400; color: var(--quiet); margin-left: .35rem; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  overflow-wrap: anywhere; }
.kind { color: var(--quiet); font-size: .875rem; margin-bottom: .25rem; }
.about { color: var(--quiet); margin-top: .4rem; overflow-wrap: anywhere; }
.hint { color: var(--quiet); font-size: .875rem; margin-top: .75rem; max-width: 44rem;
  text-wrap: pretty; }

.verdict { margin-top: 1.5rem; padding: .9rem 1.1rem; border-radius: .6rem;
  border-left: .3rem solid; }
.verdict strong { display: block; }
.verdict p, .verdict li { color: var(--text); overflow-wrap: anywhere; }
.verdict ul { list-style: none; }
.verdict code { white-space: nowrap; }
.verdict + .verdict { margin-top: .75rem; }
.good { color: var(--good); background: var(--good-panel); }
.bad { color: var(--failure); background: var(--bad-panel); }
.warn { color: var(--warn); background: var(--warn-panel); }

.figures { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .75rem; margin-top: 1.5rem; }
.figures div { background: var(--panel); border-radius: .6rem; padding: .85rem 1rem;
  display: flex; flex-direction: column; }
.figures dt { color: var(--quiet); font-size: .8125rem; }
.figures dd { font-size: 1.5rem; line-height: 1.3; font-weight: 600; letter-spacing: -.02em;
  overflow-wrap: anywhere; }
.figures dd i { font-style: normal; font-size: .95rem; font-weight: 500; letter-spacing: 0;
  color: var(--quiet); margin-left: .1rem; }
.figures dd small { display: block; font-size: .8125rem; font-weight: 400; letter-spacing: 0;
  color: var(--quiet); line-height: 1.5; }
.figures .failed dd { color: var(--failure); }

.scroll { overflow-x: auto; }
.chart + .scroll { margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { padding: .45rem .75rem; text-align: right; vertical-align: baseline;
  white-space: nowrap; }
th { font-weight: 500; color: var(--quiet); }
thead th { font-size: .8125rem; padding-top: 0; }
tbody th { color: var(--text); }
tbody > tr > * { border-top: 1px solid var(--rule); }
tbody:first-child > tr:first-child > * { border-top: 0; }
tfoot > tr > * { border-top: 2px solid var(--rule); font-weight: 600; color: var(--text); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.words { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.prose { white-space: normal; overflow-wrap: anywhere; }
.latency { max-width: 44rem; }
.none > * { color: var(--quiet); }
.reason > * { border-top: 0; padding-top: 0; font-size: .875rem; color: var(--quiet); }
.reason > :first-child { padding-left: 1.4rem; white-space: normal; overflow-wrap: anywhere; }
.narrow { max-width: 32rem; margin-top: .75rem; }
.asked { margin-top: 1.5rem; }
.held { color: var(--good); font-weight: 600; }
.unsure { color: var(--warn); font-weight: 600; }
.missed, .missed > * { color: var(--failure); font-weight: 600; }
.settings th { width: 1%; padding-right: 2rem; }
.settings th code { color: var(--quiet); overflow-wrap: normal; }
.examples { margin-top: .75rem; padding-left: 1.2rem; font-size: .9375rem; overflow-wrap: anywhere; }

.chart { margin-top: 1.75rem; }
.chart:first-of-type { margin-top: 0; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1.25rem;
  margin-bottom: 1.25rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none;
  font-size: .875rem; }
.legend i { display: inline-block; width: 1.1rem; border-top: .2rem solid var(--ink);
  border-radius: .1rem; vertical-align: middle; margin-right: .4rem; }
.legend .gap { height: .8rem; border: 1px solid var(--gap-edge); background: var(--gap); }
.first { --ink: var(--first); }
.second { --ink: var(--second); }
.third { --ink: var(--third); }
.failure { --ink: var(--failure); }
.picture { display: block; overflow: visible; font-size: 12px;
  margin-left: calc(var(--letters) * 1ch + 12px);
  width: calc(100% - var(--letters) * 1ch - 12px); }
.plot { overflow: visible; }
.plot path { fill: none; vector-effect: non-scaling-stroke; }
.plot .grid { stroke: var(--rule); stroke-width: 1; shape-rendering: crispEdges; }
.plot .base { stroke: var(--quiet); stroke-width: 1; shape-rendering: crispEdges; }
.plot .level { stroke: var(--quiet); stroke-width: 1.25; stroke-dasharray: 5 4; }
.plot .line { stroke: var(--ink); stroke-width: 2; stroke-linejoin: round; }
.plot .dots { stroke: var(--ink); stroke-width: 6; stroke-linecap: round; }
.plot .area { fill: var(--ink); opacity: .12; }
.plot .gaps { fill: var(--gap); stroke: var(--gap-edge); stroke-width: 1; }
.plot .band { fill: transparent; }
.plot .band:hover { fill: var(--hover); }
.picture text { fill: var(--quiet); text-anchor: middle; }
.picture text.y { text-anchor: end; }
.picture text.last, .picture text.level { text-anchor: end; }
.picture text.level { paint-order: stroke; stroke: var(--page); stroke-width: 4px;
  stroke-linejoin: round; }

.shares { display: block; width: 100%; height: 28px; margin-bottom: 1rem; }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: .2rem;
  margin-right: .6rem; background: var(--outcome); }
.shares rect { fill: var(--outcome); }
.acked { --outcome: var(--acked); }
.refused { --outcome: var(--refused); }
.wrong-answer { --outcome: var(--wrong-answer); }
.timed-out { --outcome: var(--timed-out); }
.connection-lost { --outcome: var(--connection-lost); }
.never-connected { --outcome: var(--never-connected); }
.unsent { --outcome: var(--unsent); }

footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule);
  color: var(--quiet); font-size: .8125rem; }

@media (max-width: 52rem) {
  .figures { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .figures div { grid-column: span 2; }
  .figures div:nth-child(n + 4) { grid-column: span 3; }
}
@media (max-width: 44rem) {
  .picture text.minor { display: none; }
}
@media (max-width: 36rem) {
  main { padding: 1.5rem 1rem; }
  h1 { font-size: 1.4rem; }
  h2 { margin-top: 2.5rem; }
  th, td { padding-left: .5rem; padding-right: .5rem; }
  tbody th { white-space: normal; }
  .settings th { white-space: nowrap; }
  .latency { font-size: .875rem; }
  .latency tr:last-child td { font-size: .75rem; }
  .latency th + th, .latency td { padding-left: .35rem; padding-right: 0; }
  .figures { gap: .5rem; }
  .figures div { padding: .7rem .75rem; }
  .figures dd { font-size: 1.3rem; }
}
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 80%; }
  main { max-width: none; padding: 0; }
  h2 { margin-top: 2rem; break-after: avoid; }
  .chart, .figures, .verdict, tr { break-inside: avoid; }
}
)";

}  // namespace roger
