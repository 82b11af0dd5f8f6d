// The focus never falls to the body: where the control that had it goes away, it moves to Stop when
// painting begins, to the wall when a picture is done, else to Paint.
let focused = null;
document.addEventListener('focusin', event => { focused = event.target; });
document.addEventListener('pointerdown', event => {
  if (!event.target.closest?.('button, input, a')) focused = null;  // a tap beside all controls
});
const there = one => one?.isConnected && one.checkVisibility();
const keepFocus = () => {
  if (!focused || there(focused) && !focused.disabled || there(document.activeElement)
      && document.activeElement !== document.body) return;
  const [bar] = [$('#stop'), $('#paint')].filter(there);
  if (!bar || bar.disabled) return;
  if (focused.id !== 'stop' || bar.id === 'stop') bar.focus({preventScroll: true});
  else {
    focused = null;
    setTimeout(() => {  // once the wall has turned to the result
      if (document.activeElement === document.body)
        $('#wall [role=tab][aria-selected=true]')?.focus({preventScroll: true});
    }, 200);
  }
};
new MutationObserver(keepFocus).observe(
  document.body, {childList: true, subtree: true, attributeFilter: ['disabled']});
