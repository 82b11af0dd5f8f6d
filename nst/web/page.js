// What is about the whole page.

// The page stands now: see shell.html.
$('#shell')?.remove();

// A program needs the page's own address.
for (const program of document.querySelectorAll('#privacy pre'))
  program.innerText = program.innerText.replace('ADDRESS', location.origin + location.pathname);

// The photo booth, where the page is one.
if ($('#booth [data-styles]') || new URLSearchParams(location.search).has('booth')) {
  const script = document.createElement('script');
  [script.type, script.src] = ['module', 'booth/booth.js'];
  document.head.append(script);
}
