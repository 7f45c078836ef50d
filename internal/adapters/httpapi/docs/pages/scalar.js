Scalar.createApiReference('#scalar', {
  url: 'openapi.json',
  servers: [{ url: new URL('.', location.href).href.replace(/\/$/, '') }],
  defaultOpenAllTags: true,
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  mcp: { disabled: true },
  agent: { disabled: true },
});
