// Gradio gives every radio button a name of its own, so that arrow keys do not work, and each
// thumbnail a tab stop and "Thumbnail 3 of 23" for a name.
const arrows = (event, all) => {
  const right = document.documentElement.dir === 'rtl' ? -1 : 1;
  const step = {ArrowRight: right, ArrowDown: 1, ArrowLeft: -right, ArrowUp: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  all.forEach(one => { one.tabIndex = one === next ? 0 : -1; });
  next.focus();
};
const rows = [
  ['#gallery', '.thumbnail-item'], ['#strip', '.thumbnail-item'],
  ['#six-pictures', '.thumbnail-item'], ['#samples', '.thumbnail-item'],
  ['#wall', '[role=tablist] button'],
];
document.addEventListener('keydown', event => {
  for (const [where, what] of rows)
    if (event.target.matches?.(`${where} ${what}`))
      arrows(event, [...document.querySelectorAll(`${where} ${what}`)]);
});

let groups = 0;  // of radio buttons
always(() => {
  for (const group of document.querySelectorAll('fieldset')) {
    group.dataset.radios ??= `radios-${++groups}`;
    for (const radio of group.querySelectorAll('[type=radio]')) radio.name = group.dataset.radios;
  }
  for (const [where, what] of rows) {
    const all = [...document.querySelectorAll(`${where} ${what}`)];
    for (const one of all) {
      const words = one.querySelector('img')?.alt;
      if (words && one.ariaLabel !== words) one.ariaLabel = one.title = words;
    }
    if (all.filter(one => one.tabIndex === 0).length > 1) {
      const first = all.find(one => one.matches('.selected')) ?? all[0];
      for (const one of all) one.tabIndex = one === first ? 0 : -1;
    }
  }
});
