"""The page around the sections: its head, its colours by day, by night and on paper. No script, no address."""

from html import escape

STYLE = """
:root{color-scheme:light dark;--paper:#fcfbf8;--card:#fff;--ink:#1d2127;--soft:#666d77;--rule:#e5e1d8;--grid:#eeebe3;
--low:#c24e14;--mid:#1f5fae;--high:#12805c;--good:#12805c;--bad:#b3261e;
--unsure:#8a5a00;--cap:#8b1a5b;--wash:18,128,92;--stain:194,60,30}
@media (prefers-color-scheme:dark){:root{--paper:#12151a;--card:#191d24;--ink:#e9e6df;--soft:#9aa2ad;--rule:#2c323b;
--grid:#232830;--low:#f08a52;--mid:#6ea8f0;--high:#4cc79a;--good:#4cc79a;--bad:#ff8a7d;--unsure:#e8b44c;--cap:#e58cc0;
--wash:64,180,136;--stain:232,104,72}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",
Arial,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;
print-color-adjust:exact}
main{max-width:1240px;margin:0 auto;padding:44px 40px 64px}
h1,h2{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",Georgia,"DejaVu Serif",serif;
font-weight:600;letter-spacing:-.01em;line-height:1.2;margin:0}
h1{font-size:34px}
h2{font-size:21px}
h3{font-size:12px;font-weight:600;letter-spacing:.07em;text-transform:uppercase;color:var(--soft);margin:0 0 10px}
p{margin:0;max-width:78ch}
section{margin-top:44px;border-top:1px solid var(--rule);padding-top:18px;break-inside:avoid}
section>h2+p,section>h2+p+p{color:var(--soft);margin:4px 0 0}
section>svg,section>table,section>.pair,section>.scroll{margin-top:18px}
.eyebrow{font-size:12px;letter-spacing:.12em;text-transform:uppercase;color:var(--soft)}
.under{color:var(--soft);margin-top:8px;max-width:none}
.verdict{font-size:19px;line-height:1.45;margin-top:22px;max-width:70ch}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:18px;margin-top:26px}
.card{background:var(--card);border:1px solid var(--rule);border-top:4px solid;border-radius:4px;padding:16px 20px 14px}
.card b{display:block;font-size:34px;font-weight:600;line-height:1.25;color:var(--ink);letter-spacing:-.02em}
.card b small{font-size:15px;font-weight:500;color:var(--soft);letter-spacing:0}
.card em{font-style:normal;font-size:12px;font-weight:600;letter-spacing:.07em;text-transform:uppercase}
.card p{color:var(--soft);font-size:13.5px}
.card.low{border-top-color:var(--low)}.card.mid{border-top-color:var(--mid)}.card.high{border-top-color:var(--high)}
.card.low em{color:var(--low)}.card.mid em{color:var(--mid)}.card.high em{color:var(--high)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:40px}
.pair>*{min-width:0}
@media (max-width:900px){.pair,.lights{grid-template-columns:1fr}main{padding:28px 18px}}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{font-size:12px;font-weight:600;color:var(--soft);border-bottom:1px solid var(--rule);vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
tbody th{font-weight:400}
tbody th small,td small{color:var(--soft);font-size:12px}
tr.rule td,tr.rule th{border-bottom-color:var(--rule)}
tr.sum td,tr.sum th{font-weight:600}
td.text,th.text{text-align:left}
td.note{text-align:left;color:var(--bad)}
.tight td,.tight th{white-space:nowrap}.tight td.note{white-space:normal}
code{font:12.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
th code,td code{font-size:11.5px;white-space:nowrap}
svg.small{width:90px;display:inline-block}
.loss{color:var(--bad)}
.heat{width:auto;border-collapse:separate;border-spacing:3px}
.heat td,.heat th{border:0;padding:9px 14px;text-align:center;border-radius:3px}
.heat tbody th{color:var(--soft);text-align:right;padding-left:0}
.heat thead th{text-align:center}
.heat td.chosen{outline:2px solid var(--ink);outline-offset:-1px;font-weight:600}
.heat caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:8px}
.key{display:flex;gap:22px;font-size:13px;color:var(--soft);margin-top:14px;flex-wrap:wrap}
.key i{display:inline-block;width:18px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle}
i.low{background:var(--low)}i.mid{background:var(--mid)}i.high{background:var(--high)}i.plain{background:var(--soft)}
ul{margin:12px 0 0;padding-left:20px;max-width:90ch}
li{margin:3px 0}
.good::marker{content:"\\2713\\00a0 ";color:var(--good)}
.bad::marker{content:"\\2717\\00a0 ";color:var(--bad)}
li.bad{color:var(--bad)}
.lights{list-style:none;display:grid;grid-template-columns:repeat(3,1fr);gap:14px;padding:0;
max-width:none;margin:26px 0 0}
.lights li{border:1px solid var(--rule);border-left:6px solid var(--good);background:var(--card);border-radius:4px;
padding:12px 16px;margin:0;break-inside:avoid}
.lights li.wrong{border-left-color:var(--bad)}.lights li.unsure{border-left-color:var(--unsure)}
.lights span{float:right;font-size:12px;font-weight:600;letter-spacing:.07em;text-transform:uppercase;color:var(--good)}
.lights .wrong span{color:var(--bad)}.lights .unsure span,.unsure{color:var(--unsure)}
.lights p{color:var(--soft);font-size:13.5px;margin-top:4px}
footer{margin-top:44px;border-top:1px solid var(--rule);padding-top:14px;color:var(--soft);font-size:13px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:12px;fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:11.5px}
svg .name{font-weight:600}
svg .value{fill:var(--ink);font-size:12px}
svg path{fill:none}
svg .grid{stroke:var(--grid)}
svg .zero{stroke:var(--soft);stroke-width:1}
svg .cut{stroke:var(--rule);stroke-width:2;stroke-dasharray:2 3}
svg .cap{stroke:var(--cap);stroke-width:1.5;stroke-dasharray:6 4}
svg text.cap-name{fill:var(--cap)}
svg .line{stroke-width:1.8;stroke-linejoin:round}
svg path.low{stroke:var(--low);stroke-dasharray:7 2}
svg path.mid{stroke:var(--mid)}
svg path.high{stroke:var(--high);stroke-dasharray:2 2}
svg text.low,svg .bar.low,svg .dot.low{fill:var(--low)}
svg text.mid,svg .bar.mid,svg .dot.mid{fill:var(--mid)}
svg text.high,svg .bar.high,svg .dot.high{fill:var(--high)}
svg .bar.plain{fill:var(--soft);opacity:.55}
svg .bar.over{fill:var(--bad)}
svg .track{fill:var(--grid)}
svg .span{stroke:var(--soft);stroke-width:1.5;opacity:.6}
svg .dot{stroke:var(--paper);stroke-width:1}
@media print{:root{--paper:#fff;--card:#fff;--ink:#111;--soft:#555;--rule:#ccc;--grid:#e6e6e6;
--low:#c24e14;--mid:#1f5fae;--high:#12805c;--good:#12805c;--bad:#b3261e;
--unsure:#8a5a00;--cap:#8b1a5b;--wash:18,128,92;--stain:194,60,30}
@page{size:A4;margin:13mm}body{font-size:10.5pt}main{max-width:none;padding:0}section{margin-top:22px}
h1{font-size:24pt}h2{font-size:14pt}.card b{font-size:20pt}table{font-size:9.5pt}th,td{padding:4px 8px}
.lights{grid-template-columns:1fr 1fr 1fr;gap:8px}.lights p{font-size:9pt}.scroll{overflow:visible}
.pair{grid-template-columns:1fr 1fr;gap:24px}.cards{grid-template-columns:1fr 1fr 1fr}h2,h3{break-after:avoid}
section.long{break-inside:auto}tr,.pair,.card{break-inside:avoid}.verdict{font-size:12.5pt;margin-top:12px}
svg .name,svg .tick,svg .value{font-size:15px}svg .row{font-size:13.5px}.card p{font-size:9.5pt}}
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page forbids itself to ask for anything; a browser that reads it holds it to that."""


WIDE = """
@media print{@page{size:A4 landscape;margin:11mm}table{font-size:8.5pt}th,td{padding:3px 6px}
th code,td code{white-space:normal;font-size:7.5pt}p{max-width:none}section{margin-top:14px;padding-top:10px}
section>svg{max-height:62mm}section>svg,section>table,section>.pair,section>.scroll{margin-top:8px}
.lights{margin-top:12px}footer{margin-top:14px;padding-top:8px;font-size:8pt;break-inside:avoid;break-before:avoid}}
"""
"""Beyond the style of all pages: tables of many columns lie on paper."""


def page(title: str, body: str, *, wide: bool = False) -> str:
    """A whole document around its sections; a `wide` one lies on paper."""
    style = STYLE + WIDE if wide else STYLE
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )
