"""The desk: use cases over casework, one module each, for people of this authority.

Every use case takes the node (`Parts`) and who asks (`Who`), then what is asked. It opens the one transaction: rows,
account and the outbox of what is sent are committed together or not at all. Who may use it stands in `rules`; what a
person may see is decided by the `access_*` modules, which alone read the desk's tables.

| module | what |
|---|---|
| `people`, `standing` | found a desk, make people, lend a role, declare a conflict of interest |
| `opening`, `acting`, `merging` | begin an object, and what one person may do with it |
| `portals`, `undertaking` | notifications of portals; commitments out of minutes |
| `releasing` | what two people do: prepare, sign, and it is done or sent |
| `viewing` | work lists, and opening an object for a purpose |
| `receiving`, `following`, `waking` | what comes from peers, their receipts, and what the clock brings |
| `queueing` | messages that wait for a person |
| `leads` | leads of a screening run, and their outcomes |
| `accounting` | the account of every act, for an auditor |
| `holding`, `erasing`, `subject` | retention, legal holds, erasure, a person's right to know |
"""
