// A picture or a film as a file, with a link to the page in its style: shared where the browser can,
// else copied, else saved.
const sendOn = async (source, button, saved) => {
  const {title, query} = $('#send [data-query]')?.dataset ?? {};
  const url = new URL(location.href);
  [url.search, url.hash] = [query ?? '', ''];
  const blob = await (await fetch(source)).blob();
  const name = decodeURIComponent(source.split('/').pop());
  const files = [new File([blob], name, {type: blob.type})];
  try {
    if (navigator.canShare?.({files}))
      await navigator.share({files, title: title || document.title, url: url.href});
    else {
      await navigator.clipboard.write([new ClipboardItem({[blob.type]: blob})]);
      say(button, 'Copied');
    }
  } catch (error) {
    if (error.name !== 'AbortError') saved.click();  // the visitor closed the menu
  }
};
window.share = () => {
  const moving = $('#film .plays:not(.over-photo) video');
  return moving ? sendOn(moving.src, $('#share'), $('#mp4'))
    : sendOn($('#send [data-picture]').dataset.picture, $('#share'), $('#png'));
};
window.shareGift = () =>
  sendOn($('#gift-film video, #gift img').src, $('#share-gift'), $('#save-gift'));
window.saveFilm = () => {
  const {film} = $('#send [data-film]').dataset;
  if (!film) return;  // why stands beside Paint
  const link = document.createElement('a');
  [link.href, link.download] = [film, ''];
  link.click();
};
