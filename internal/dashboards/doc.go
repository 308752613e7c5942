// Package dashboards asks the query engine of Prometheus what the dashboard of deploy/grafana asks, of what a server has shown. It
// is a module of its own, as that engine is larger than all else that the server is built and tested with: make test-dashboards.
package dashboards
