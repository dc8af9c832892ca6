/** Imported before `@apollo/gateway`, which otherwise sends metrics about this process to its maker. */
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
