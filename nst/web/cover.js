// How much of its photo the painting covers is seen at once. When a handle is let go, the server
// makes the file; until it is there, nothing can be sent or saved.
document.addEventListener('input', event => {
  const slider = event.target.closest('#cover-whole, #cover-face');
  if (!slider) return;
  const name = slider.id.replace('cover', '-');
  for (const figure of document.querySelectorAll(':is(#before-after, #film) figure'))
    figure.style.setProperty(name, event.target.value / 100);
  $('#result-actions').classList.add('making');
});
window.coverMade = () => $('#result-actions').classList.remove('making');
