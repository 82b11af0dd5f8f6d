// A slider is also let go by a key, or by a touch that the browser takes away: Gradio knows neither.
// The first handle of a clip shows another photo then; that waits until the keys have left it.
const letGo = slider => slider.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
let moved = null;
document.addEventListener('change', event => {
  if (!event.target.matches?.('[type=range]')) return;
  if (event.target.closest('#cut-start')) moved = event.target;
  else letGo(event.target);
});
document.addEventListener('focusout', event => {
  if (event.target !== moved) return;
  letGo(moved);
  moved = null;
});
