bucket            = "mesh"
oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com"
oidc_issuer       = "oidc.example.com"
