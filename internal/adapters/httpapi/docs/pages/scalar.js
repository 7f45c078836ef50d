Scalar.createApiReference('#scalar', {
  url: 'openapi.json',
  defaultOpenAllTags: true,
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  mcp: { disabled: true },
  agent: { disabled: true },
});
