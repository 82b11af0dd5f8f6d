// The wall comes into view when painting begins and when two results are compared. Until how a
// painting ended has been seen there, it is news.
const read = () => {
  const {classList} = document.body;
  if (!classList.contains('painting') && !classList.contains('away')) classList.remove('news');
};
let names = null;  // of two results that are compared, above their lines
always(() => {
  const painting = !!$('#stop')?.checkVisibility();
  if (painting && !document.body.classList.contains('painting')) {
    $('#wall').scrollTop = 0;  // it scrolls on a phone held sideways alone
    if ($('#wall').offsetTop < 200 && matchMedia('(max-width: 768px)').matches)
      $('#wall').scrollIntoView({behavior: 'smooth'});
  }
  document.body.classList.toggle('painting', painting);
  if (painting) document.body.classList.add('news');
  read();
  const compared = $('#status span');
  if (compared && compared !== names) {
    $('#wall').scrollTop = 0;
    if ($('#wall').getBoundingClientRect().top < 0) $('#columns').scrollIntoView({behavior: 'smooth'});
  }
  names = compared;
});

// How high the wall and the bar are, for the place at which the wall stays.
const heights = new ResizeObserver(entries => {
  for (const {target} of entries)
    document.documentElement.style.setProperty(target.id === 'wall' ? '--tall' : '--bar',
                                               `${target.offsetHeight}px`);
});
for (const one of ['#wall', '#bar']) heights.observe($(one));

// Whoever scrolls on while it is painted sees in the bar how far it is, and how it ended until that
// has been seen on the wall. Gradio changes the words and the width in the elements that are there.
const repeat = () => { $('#going [aria-hidden]').innerHTML = $('#status .prose').innerHTML; };
repeat();
new MutationObserver(repeat).observe($('#status'), {
  childList: true, subtree: true, characterData: true, attributeFilter: ['style']});
new IntersectionObserver(([{isIntersecting}]) => {
  document.body.classList.toggle('away', !isIntersecting);
  read();
}).observe($('#status'));
