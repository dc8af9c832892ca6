/** The image's health check: exit code 0 where the process can do its work (`/health/ready` of its INTERNAL_PORT). */
const { HOST = '127.0.0.1', INTERNAL_PORT } = process.env;
const host = HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST;
try {
  const response = await fetch(`http://${host}:${INTERNAL_PORT}/health/ready`, {
    signal: AbortSignal.timeout(2_500),
  });
  console.log((await response.text()).trim());
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  console.log(`no answer on port ${INTERNAL_PORT}: ${error.cause?.message ?? error.message}`);
  process.exit(1);
}
