// The two handles on the clip keep half a second to four seconds between them: one takes the other
// along. CSS shows what lies outside them dimmed.
const handle = which => $(`#cut-${which} input[type=range]`);
const showCut = () => {
  const start = handle('start'), end = handle('end');
  if (!start || !end) return;
  const strip = $('#handles'), all = +start.max || 1;
  strip.style.setProperty('--from', start.value / all);
  strip.style.setProperty('--to', end.value / all);
};
document.addEventListener('input', event => {
  const which = event.target.closest?.('#cut-start') ? 'start' : 'end';
  if (!event.target.closest?.('#handles') || !handle('start')) return;
  const start = +handle('start').value, end = +handle('end').value, all = +handle('start').max;
  const most = +$('#record').dataset.seconds;
  const apart = Math.min(most, Math.max(.5, end - start));
  if (Math.abs(apart - (end - start)) > .01) {
    const other = handle(which === 'start' ? 'end' : 'start');
    const wanted = which === 'start' ? start + apart : end - apart;
    other.value = Math.min(all, Math.max(0, wanted));
    if (which === 'start') handle('start').value = Math.min(start, other.value - .5);
    else handle('end').value = Math.max(end, +other.value + .5);
    other.dispatchEvent(new Event('input', {bubbles: true}));
  }
  showCut();
});
always(showCut);
