// Command chart checks the Helm chart without a cluster.
//
//	make chart
//
// It has helm lint the chart and write what it makes of the defaults and of each file in ci/. Each object
// is decoded into its type of the Kubernetes API, where a member that the type does not have is an error,
// and compared with the others: selectors find pods, ports and volumes are there, secrets stay references.
// Pods are judged by the "restricted" rules of Pod Security as the API server itself judges them. And
// values that are wrong have to be refused.
//
// Nothing is installed: what a cluster makes of the objects is not known here.
package main
