// What Gradio has told of a try that failed goes with the next one, or where the page tells it.
window.closeErrors = () => {
  for (const one of document.querySelectorAll('.toast-close.error')) one.click();
};
for (const [what, where] of [['change', '[type=file]'], ['click', TRIES]])
  document.addEventListener(what, event => {
    if (event.target.closest?.(where)) closeErrors();
  }, true);
