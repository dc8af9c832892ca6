/** Must be imported before `@apollo/gateway`, which otherwise sends metrics about this process to Apollo. */
process.env.APOLLO_TELEMETRY_DISABLED = 'true';
