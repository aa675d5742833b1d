const routes = new WeakMap<Request, string>();

/** Notes which route answers a request: its template, `/api/v1/clusters/:id`. The last one that is noted counts. */
export const tookRoute = (request: Request, route: string): void => void routes.set(request, route);

/** Undefined for a request that no route was asked for. */
export const routeOf = (request: Request): string | undefined => routes.get(request);
