# Who may do what with the ports. The state of these sentences: as in main.tf.

locals {
  arn   = aws_s3_bucket.ports.arn
  ports = "${local.arn}/${var.prefix}"
}

# A domain writes its own ports and reads the rows of its declared inputs (reads.tf). Of every other port it reads the
# commits, which have no rows: automation waits for what is upstream, and policies judge versions.
resource "aws_iam_policy" "domain" {
  for_each = var.domains
  name     = "mesh-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ListPorts", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [local.arn] },
      {
        Sid    = "ReadCommits"
        Effect = "Allow"
        Action = ["s3:GetObject"]
        Resource = ["${local.ports}/*/_delta_log/*", "${local.ports}/*/_contracts/*"]
      },
      {
        Sid      = "ReadOwnAndDeclaredPorts"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = concat(["${local.ports}/${each.key}/*"], [for port in local.reads[each.key] : "${local.ports}/${port}/*"])
      },
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
