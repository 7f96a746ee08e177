// Hides the rows of the ledger that were not asked for. Without it all rows are there.
const form = document.querySelector('form');
const rows = [...document.querySelectorAll('.ledger tbody tr')];
const count = document.getElementById('count');
function filter() {
  const { verdict, model, group } = Object.fromEntries(new FormData(form));
  const has = (row, name, value) => !value || row.dataset[name].split(' ').includes(value);
  for (const row of rows) {
    row.hidden = !(has(row, 'verdicts', verdict) && has(row, 'models', model) && has(row, 'group', group));
  }
  count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
}
form.hidden = false;
form.addEventListener('change', filter);
form.addEventListener('submit', (event) => event.preventDefault());
filter();

// What has nothing to scroll is no stop for the keyboard.
const scrolls = new ResizeObserver((changed) => {
  for (const { target } of changed) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});
for (const region of document.querySelectorAll('.wide, pre')) scrolls.observe(region);
