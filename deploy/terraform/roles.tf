# Who may do what with the ports. The state of these sentences: as in main.tf.

locals {
  arn   = aws_s3_bucket.ports.arn
  ports = "${local.arn}/${var.prefix}"
}

# Contracts are what keeps a consumer to its declared columns; this is what keeps it from writing to others.
resource "aws_iam_policy" "domain" {
  for_each = var.domains
  name     = "mesh-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ListPorts", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.arn] },
      { Sid = "ReadPorts", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${local.ports}/*"] },
      {
        Sid      = "WriteOwnPorts"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${local.ports}/${each.key}/*"]
      },
    ]
  })
}

# Who reads with `mesh query`, Spark, Trino or a notebook.
resource "aws_iam_policy" "reader" {
  name = "mesh-reader"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ListPorts", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.arn] },
      { Sid = "ReadPorts", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${local.ports}/*"] },
    ]
  })
}

resource "aws_iam_role" "domain" {
  for_each = var.domains
  name     = "mesh-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${var.oidc_issuer}:aud" = "sts.amazonaws.com"
          "${var.oidc_issuer}:sub" = "system:serviceaccount:${var.namespace}:${each.value.service_account}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "domain" {
  for_each   = var.domains
  role       = aws_iam_role.domain[each.key].name
  policy_arn = aws_iam_policy.domain[each.key].arn
}
