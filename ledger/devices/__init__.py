"""Which kiosk or till said it? Devices sign with keys that are enrolled, replaced and revoked.

`keys` is what a device needs, `admission` what the recorder asks, `enrolment` what a person does.
"""
