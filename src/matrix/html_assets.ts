/** Style and script of the page: nothing is loaded from elsewhere. @module */

/** The style. The colours of the steps are added where they are known. */
export const pageStyle = `
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem}
table{border-collapse:collapse}th,td{padding:.15rem .45rem;text-align:left}
.scroll{overflow:auto;max-width:100%}
.matrix td{min-width:1.7rem;text-align:center;border:1px solid #fff;font-size:12px}
.matrix tbody th{font-weight:normal;white-space:nowrap;position:sticky;left:0;background:#fff}
.matrix thead th{vertical-align:bottom;padding:0;font-weight:normal}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}
.matrix td.z,.matrix thead .z{border-left:3px solid #57606a}.matrix tr.z>*{border-top:3px solid #57606a}
.self{background:repeating-linear-gradient(45deg,#fff 0 3px,#d0d7de 3px 4px)}
.none{color:#57606a}.key{padding:.1rem .5rem}.on{outline:2px solid #0969da}
small{color:#57606a}#now{min-height:1.4em;font-weight:600}`;

/** Shows what is under the pointer, and marks its row and column. */
export const pageScript = `
const now=document.getElementById("now");let marked=[];
for(const table of document.querySelectorAll(".matrix"))table.addEventListener("mouseover",event=>{
const cell=event.target.closest("td");for(const one of marked)one.classList.remove("on");marked=[];
if(!cell)return;now.textContent=cell.dataset.t||"Not measured.";
marked=[cell,cell.parentElement.cells[0],table.tHead.rows[0].cells[cell.cellIndex]];
for(const one of marked)one.classList.add("on")});`;
