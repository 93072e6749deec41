/** The style sheet of a report: light and dark by the reader's setting, tables that scroll in their own box. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2230;--soft:#5a6375;--ground:#fff;--line:#d6dae2;--box:#f5f7fa;--bad:#a32020;--note:#805300;--link:#1f5fa8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3acbd;--ground:#14171d;--line:#363c49;--box:#1d2129;--bad:#ff9b94;--note:#f0c060;--link:#8bbcf5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:70rem;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}
h2{margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:1.3rem}
h3{margin:1.5rem 0 .25rem;font-size:1.05rem}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;list-style:none}
p.soft,caption,.soft{color:var(--soft)}
.scroll{overflow-x:auto;max-width:100%;margin:.75rem 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{text-align:left;padding:.25rem 0}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);vertical-align:top;max-width:26rem;overflow-wrap:break-word}
thead th{background:var(--box)}
th.t,td.t{text-align:left}
th.n,td.n{text-align:right}
td.n{white-space:nowrap}
thead th.n{min-width:7rem;max-width:14rem;overflow-wrap:anywhere}
figure.scroll{margin-left:0;margin-right:0}
tbody th{font-weight:500}
.bad{color:var(--bad);font-weight:600}
.note{color:var(--note)}
mark{background:none;color:inherit;font-weight:700;text-decoration:underline}
details{margin:.5rem 0;padding:.4rem .75rem;border:1px solid var(--line);border-radius:6px;background:var(--box)}
summary{cursor:pointer;font-weight:500}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0;padding:.5rem;border:1px solid var(--line);border-radius:4px;background:var(--ground);font-size:.85rem}
ol{margin:0;padding-left:1.5rem}
svg{display:block}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media print{details{break-inside:avoid}}
`;
