# What differs from one deployment to the next. The state of these sentences: as in main.tf.

variable "bucket" {
  description = "Name of the bucket, unique in the world."
  type        = string
}

variable "prefix" {
  description = "Below it lie the ports: MESH_PORTS is s3://<bucket>/<prefix>."
  type        = string
  default     = "ports"
}

variable "namespace" {
  description = "The Kubernetes namespace of the deployment."
  type        = string
  default     = "mesh"
}

variable "oidc_provider_arn" {
  description = "The cluster's identity provider in this account."
  type        = string
}

variable "oidc_issuer" {
  description = "The issuer of the cluster's tokens, without https://."
  type        = string
}

variable "keep_removed_days" {
  description = "How long the bucket keeps what was removed or overwritten."
  type        = number
  default     = 30
}
