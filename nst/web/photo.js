// A phone opens its own camera or its photos.
for (const input of document.querySelectorAll('#take input[type=file]')) input.accept = 'image/*';
const input = $('#take input[type=file]');
if (touch) input.setAttribute('capture', 'user');

// Pictures dropped or pasted anywhere are the photo; in the panel of one's own style they are that.
const take = (event, files) => {
  if (!files?.length) return;
  event.preventDefault();
  event.stopPropagation();
  give(files, event.target.closest?.('#own-style') ?? $('#take'));
};
document.addEventListener('dragover', event => event.preventDefault());
document.addEventListener('drop', event => take(event, event.dataTransfer.files), true);
document.addEventListener('paste', event => take(event, event.clipboardData.files));

// Another server (this one was started again, or a balancer's replica died) has none of the
// visitor's pictures; Gradio then loads the page anew without a word.
const server = String(window.gradio_config?.app_id);
const lost = sessionStorage.getItem('server');
$('#lost-note').hidden = !lost || lost === server;
const given = () => {
  $('#lost-note').hidden = true;
  sessionStorage.setItem('server', server);
};
document.addEventListener('change', event => event.target.closest('#take') && given(), true);
$('#paint').addEventListener('click', given, true);
