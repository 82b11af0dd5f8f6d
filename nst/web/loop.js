// While a loop is painted its pictures lie on each other, and one at a time is seen.
let seen = 0, onward = 1;
const showSeen = () => {
  const loop = $('#film .loop');
  if (!loop) return;
  [...loop.children].forEach((one, index) => one.classList.toggle('seen', index === seen));
};
const play = () => {
  const loop = $('#film .loop');
  setTimeout(play, 1000 / (loop?.dataset.fps ?? 4));
  if (!loop) return;
  const last = loop.children.length - 1;
  if (still.matches) seen = last;
  else if (loop.dataset.way === 'straight') seen = seen >= last ? 0 : seen + 1;
  else {
    if (seen >= last) onward = -1;
    if (seen <= 0) onward = 1;
    seen = Math.min(last, Math.max(0, seen + onward));
  }
  showSeen();
};
play();
always(showSeen);
