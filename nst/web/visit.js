// Where two are to be compared, the pictures that are asked for are in view.
document.addEventListener('change', event => {
  if (event.target.closest?.('#both'))
    $('#visit').scrollIntoView({behavior: 'smooth', block: 'nearest'});
});

// "Forget all" cannot be undone, so it asks: only a second press within some seconds means it.
const ASKING = 5;  // seconds
document.addEventListener('click', event => {
  const button = event.target.closest?.('#forget');
  if (!button) return;
  if (button.dataset.asked) { delete button.dataset.asked; return; }
  event.stopPropagation();
  event.preventDefault();
  button.dataset.asked = 'yes';
  say(button, 'Delete all?', ASKING);
  setTimeout(() => delete button.dataset.asked, 1000 * ASKING);
}, true);
