"""What can a volunteer show elsewhere? Certificates 志愿服务记录证明: issued, checked, revoked.

Facts come from the ledger, identity from the vault. What has to stand on one say:
- 民政部《志愿服务记录与证明出具办法(试行)》(2020)
- 《关于规范志愿服务记录证明工作的指导意见》(民发〔2015〕149号)
"""

from ledger.certificates.content import Content, Holder
from ledger.certificates.issue import Order, issue, revoke, revoke_corrected

__all__ = ["Content", "Holder", "Order", "issue", "revoke", "revoke_corrected"]
