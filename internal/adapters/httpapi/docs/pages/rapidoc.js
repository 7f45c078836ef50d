// RapiDoc puts a relative server behind the host without a slash, so it is told the whole
// address.
fetch('openapi.json').then((answer) => answer.json()).then((contract) => {
  contract.servers = [{ url: new URL('.', location.href).href.replace(/\/$/, '') }];
  document.querySelector('rapi-doc').loadSpec(contract);
});
