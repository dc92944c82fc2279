# Ref: FIX 4.2 with errata 20010501: message header and trailer, session messages, appendix A (fields)
"""FIX 4.2: the messages that we speak, their fields and values, in the notation of wire.fix.notation."""

from wire.fix.notation import compile_dictionary

__all__ = ["FIX42"]

_MESSAGES = """
Header: BeginString! BodyLength! MsgType! SenderCompID! TargetCompID! OnBehalfOfCompID DeliverToCompID SecureDataLen
    SecureData MsgSeqNum! SenderSubID SenderLocationID TargetSubID TargetLocationID OnBehalfOfSubID
    OnBehalfOfLocationID DeliverToSubID DeliverToLocationID PossDupFlag PossResend SendingTime! OrigSendingTime
    XmlDataLen XmlData MessageEncoding LastMsgSeqNumProcessed OnBehalfOfSendingTime
Trailer: SignatureLength Signature CheckSum!
0 Heartbeat: TestReqID
1 TestRequest: TestReqID!
2 ResendRequest: BeginSeqNo! EndSeqNo!
3 Reject: RefSeqNum! RefTagID RefMsgType SessionRejectReason Text EncodedTextLen EncodedText
4 SequenceReset: GapFillFlag NewSeqNo!
5 Logout: Text EncodedTextLen EncodedText
A Logon: EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag MaxMessageSize NoMsgTypes(RefMsgType
    MsgDirection)
8 ExecutionReport: OrderID! SecondaryOrderID ClOrdID OrigClOrdID ClientID ExecBroker NoContraBrokers(ContraBroker
    ContraTrader ContraTradeQty ContraTradeTime) ListID ExecID! ExecTransType! ExecRefID ExecType! OrdStatus!
    OrdRejReason ExecRestatementReason Account SettlmntTyp FutSettDate Symbol! SymbolSfx SecurityID IDSource
    SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
    SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc
    Side! OrderQty CashOrderQty OrdType Price StopPx PegDifference DiscretionInst DiscretionOffset Currency
    ComplianceID SolicitedFlag TimeInForce EffectiveTime ExpireDate ExpireTime ExecInst Rule80A LastShares LastPx
    LastSpotRate LastForwardPoints LastMkt TradingSessionID LastCapacity LeavesQty! CumQty! AvgPx! DayOrderQty
    DayCumQty DayAvgPx GTBookingInst TradeDate TransactTime ReportToExch Commission CommType GrossTradeAmt
    SettlCurrAmt SettlCurrency SettlCurrFxRate SettlCurrFxRateCalc HandlInst MinQty MaxFloor OpenClose MaxShow Text
    EncodedTextLen EncodedText FutSettDate2 OrderQty2 ClearingFirm ClearingAccount MultiLegReportingType
9 OrderCancelReject: OrderID! SecondaryOrderID ClOrdID! OrigClOrdID! OrdStatus! ClientID ExecBroker ListID Account
    TransactTime CxlRejResponseTo! CxlRejReason Text EncodedTextLen EncodedText
D NewOrderSingle: ClOrdID! ClientID ExecBroker Account NoAllocs(AllocAccount AllocShares) SettlmntTyp FutSettDate
    HandlInst! ExecInst MinQty MaxFloor ExDestination NoTradingSessions(TradingSessionID) ProcessCode Symbol!
    SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute
    ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc
    EncodedSecurityDescLen EncodedSecurityDesc PrevClosePx Side! LocateReqd TransactTime! OrderQty CashOrderQty
    OrdType! Price StopPx Currency ComplianceID SolicitedFlag IOIid QuoteID TimeInForce EffectiveTime ExpireDate
    ExpireTime GTBookingInst Commission CommType Rule80A ForexReq SettlCurrency Text EncodedTextLen EncodedText
    FutSettDate2 OrderQty2 OpenClose CoveredOrUncovered CustomerOrFirm MaxShow PegDifference DiscretionInst
    DiscretionOffset ClearingFirm ClearingAccount
F OrderCancelRequest: OrigClOrdID! OrderID ClOrdID! ListID Account ClientID ExecBroker Symbol! SymbolSfx SecurityID
    IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier
    CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
    EncodedSecurityDesc Side! TransactTime! OrderQty CashOrderQty ComplianceID SolicitedFlag Text EncodedTextLen
    EncodedText
G OrderCancelReplaceRequest: OrderID ClientID ExecBroker OrigClOrdID! ClOrdID! ListID Account NoAllocs(AllocAccount
    AllocShares) SettlmntTyp FutSettDate HandlInst! ExecInst MinQty MaxFloor ExDestination
    NoTradingSessions(TradingSessionID) Symbol! SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear
    MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer
    EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Side! TransactTime!
    OrderQty CashOrderQty OrdType! Price StopPx PegDifference DiscretionInst DiscretionOffset ComplianceID
    SolicitedFlag Currency TimeInForce EffectiveTime ExpireDate ExpireTime GTBookingInst Commission CommType Rule80A
    ForexReq SettlCurrency Text EncodedTextLen EncodedText FutSettDate2 OrderQty2 OpenClose CoveredOrUncovered
    CustomerOrFirm MaxShow LocateReqd ClearingFirm ClearingAccount
H OrderStatusRequest: OrderID ClOrdID! ClientID Account ExecBroker Symbol! SymbolSfx SecurityID IDSource SecurityType
    MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange
    Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Side!
Q DontKnowTrade: OrderID! ExecID! DKReason! Symbol! SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear
    MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer
    EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Side! OrderQty CashOrderQty
    LastShares LastPx Text EncodedTextLen EncodedText
R QuoteRequest: QuoteReqID! NoRelatedSym(Symbol! SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear
    MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer
    EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc PrevClosePx
    QuoteRequestType TradingSessionID Side OrderQty FutSettDate OrdType FutSettDate2 OrderQty2 ExpireTime TransactTime
    Currency)!
S Quote: QuoteReqID QuoteID! QuoteResponseLevel TradingSessionID Symbol! SymbolSfx SecurityID IDSource SecurityType
    MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange
    Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc BidPx OfferPx
    BidSize OfferSize ValidUntilTime BidSpotRate OfferSpotRate BidForwardPoints OfferForwardPoints TransactTime
    FutSettDate OrdType FutSettDate2 OrderQty2 Currency
j BusinessMessageReject: RefSeqNum RefMsgType! BusinessRejectRefID BusinessRejectReason! Text EncodedTextLen
    EncodedText
"""

_FIELDS = r"""
AMT: Commission SettlCurrAmt GrossTradeAmt
BOOLEAN: PossDupFlag PossResend ReportToExch LocateReqd ForexReq GapFillFlag ResetSeqNumFlag SolicitedFlag
CHAR: OptAttribute
CURRENCY: Currency SettlCurrency
DATA: Signature SecureData RawData XmlData EncodedIssuer EncodedSecurityDesc EncodedText
DAYOFMONTH: MaturityDay
EXCHANGE: LastMkt ExDestination SecurityExchange
FLOAT: SettlCurrFxRate CouponRate ContractMultiplier
INT: BeginSeqNo BodyLength EndSeqNo MsgSeqNum NewSeqNo RefSeqNum NoAllocs HeartBtInt NoRelatedSym
    LastMsgSeqNumProcessed RefTagID NoContraBrokers MaxMessageSize NoMsgTypes NoTradingSessions
LENGTH: SecureDataLen SignatureLength RawDataLength XmlDataLen EncodedIssuerLen EncodedSecurityDescLen EncodedTextLen
LOCALMKTDATE: FutSettDate TradeDate FutSettDate2 ExpireDate
MONTHYEAR: MaturityMonthYear
PRICE: AvgPx LastPx Price StopPx BidPx OfferPx PrevClosePx BidSpotRate OfferSpotRate LastSpotRate StrikePrice DayAvgPx
PRICEOFFSET: BidForwardPoints OfferForwardPoints LastForwardPoints PegDifference DiscretionOffset
QTY: CumQty LastShares OrderQty AllocShares MinQty MaxFloor BidSize OfferSize LeavesQty CashOrderQty OrderQty2 MaxShow
    DayOrderQty DayCumQty ContraTradeQty
STRING: Account BeginString CheckSum ClOrdID ExecID ExecRefID IOIid MsgType OrderID OrigClOrdID SecurityID
    SenderCompID SenderSubID Symbol TargetCompID TargetSubID Text SymbolSfx ListID ExecBroker AllocAccount Issuer
    SecurityDesc ClientID TestReqID OnBehalfOfCompID OnBehalfOfSubID QuoteID DeliverToCompID DeliverToSubID QuoteReqID
    SenderLocationID TargetLocationID OnBehalfOfLocationID DeliverToLocationID SecondaryOrderID TradingSessionID
    ContraTrader RefMsgType ContraBroker ComplianceID BusinessRejectRefID ClearingFirm ClearingAccount
UTCTIMESTAMP: SendingTime TransactTime ValidUntilTime OrigSendingTime ExpireTime EffectiveTime OnBehalfOfSendingTime
    ContraTradeTime

CommType CHAR: 1=PerShare 2=Percentage 3=Absolute
ExecInst MULTIPLEVALUESTRING: 0=StayOnOfferside 1=NotHeld 2=Work 3=GoAlong 4=OverTheDay 5=Held
    6=ParticipateDontInitiate 7=StrictScale 8=TryToScale 9=StayOnBidside A=NoCross B=OkToCross C=CallFirst
    D=PercentOfVolume E=DoNotIncrease F=DoNotReduce G=AllOrNone I=InstitutionsOnly L=LastPeg M=MidPricePeg
    N=NonNegotiable O=OpeningPeg P=MarketPeg R=PrimaryPeg S=Suspend T=FixedPegToLocalBest U=CustomerDisplayInstruction
    V=Netting W=PegToVWAP
ExecTransType CHAR: 0=New 1=Cancel 2=Correct 3=Status
HandlInst CHAR: 1=AutomatedPrivate 2=AutomatedPublic 3=Manual
IDSource STRING: 1=CUSIP 2=SEDOL 3=Quik 4=ISINNumber 5=RicCode 6=IsoCurrencyCode 7=IsoCountryCode 8=ExchangeSymbol
    9=ConsolidatedTapeAssociation
LastCapacity CHAR: 1=Agent 2=CrossAsAgent 3=CrossAsPrincipal 4=Principal
OrdStatus CHAR: 0=New 1=PartiallyFilled 2=Filled 3=DoneForDay 4=Canceled 5=Replaced 6=PendingCancel 7=Stopped
    8=Rejected 9=Suspended A=PendingNew B=Calculated C=Expired D=AcceptedForBidding E=PendingReplace
OrdType CHAR: 1=Market 2=Limit 3=Stop 4=StopLimit 5=MarketOnClose 6=WithOrWithout 7=LimitOrBetter 8=LimitWithOrWithout
    9=OnBasis A=OnClose B=LimitOnClose C=ForexC D=PreviouslyQuoted E=PreviouslyIndicated F=ForexF G=ForexG H=ForexH
    I=Funari P=Pegged
Rule80A CHAR: A=AgencySingleOrder B=ShortExemptTransactionB C=ProgramNonIndexArbMember D=ProgramIndexArbMember
    E=RegisteredEquityMarketMakerTrades F=ShortExemptTransactionF H=ShortExemptTransactionH
    I=IndividualInvestorSingleOrder J=ProgramIndexArbIndividual K=ProgramNonIndexArbIndividual
    L=ShortExemptAffiliatedMarketMaker M=ProgramIndexArbOtherMember N=ProgramNonIndexArbOtherMember
    O=CompetingDealerTradesO P=Principal R=CompetingDealerTradesR S=SpecialistTrades T=CompetingDealerTradesT
    U=ProgramIndexArbOtherAgency W=AgentForOtherMember X=ShortExemptNotAffiliatedMarketMaker
    Y=ProgramNonIndexArbOtherAgency Z=ShortExemptNonMemberMarketMaker
Side CHAR: 1=Buy 2=Sell 3=BuyMinus 4=SellPlus 5=SellShort 6=SellShortExempt 7=Undisclosed 8=Cross 9=CrossShort
TimeInForce CHAR: 0=Day 1=GoodTillCancel 2=AtTheOpening 3=ImmediateOrCancel 4=FillOrKill 5=GoodTillCrossing
    6=GoodTillDate
SettlmntTyp CHAR: 0=Regular 1=Cash 2=NextDay 3=TPlus2 4=TPlus3 5=TPlus4 6=Future 7=WhenIssued 8=SellersOption 9=TPlus5
OpenClose CHAR: C=Close O=Open
ProcessCode CHAR: 0=Regular 1=SoftDollar 2=StepIn 3=StepOut 4=SoftDollarStepIn 5=SoftDollarStepOut 6=PlanSponsor
EncryptMethod INT: 0=None 1=Pkcs 2=Des 3=PkcsDes 4=PgpDes 5=PgpDesMd5 6=PemDesMd5
CxlRejReason INT: 0=TooLateToCancel 1=UnknownOrder 2=BrokerOption 3=AlreadyPending
OrdRejReason INT: 0=BrokerOption 1=UnknownSymbol 2=ExchangeClosed 3=OrderExceedsLimit 4=TooLateToEnter 5=UnknownOrder
    6=DuplicateOrder 7=DuplicateOfVerbalOrder 8=StaleOrder
DKReason CHAR: A=UnknownSymbol B=WrongSide C=QuantityExceedsOrder D=NoMatchingOrder E=PriceExceedsLimit Z=Other
ExecType CHAR: 0=New 1=PartialFill 2=Fill 3=DoneForDay 4=Canceled 5=Replace 6=PendingCancel 7=Stopped 8=Rejected
    9=Suspended A=PendingNew B=Calculated C=Expired D=Restated E=PendingReplace
SettlCurrFxRateCalc CHAR: D=Divide M=Multiply
SecurityType STRING: ?=WildcardEntry BA=BankersAcceptance CB=ConvertibleBond CD=CertificateOfDeposit
    CMO=CollateralizeMortgageObligation CORP=CorporateBond CP=CommercialPaper CPP=CorporatePrivatePlacement
    CS=CommonStock FHA=FederalHousingAuthority FHL=FederalHomeLoan FN=FederalNationalMortgageAssociation
    FOR=ForeignExchangeContract FUT=Future GN=GovernmentNationalMortgageAssociation GOVT=TreasuriesPlusAgencyDebenture
    IET=MortgageIoette MF=MutualFund MIO=MortgageInterestOnly MPO=MortgagePrincipalOnly MPP=MortgagePrivatePlacement
    MPT=MiscellaneousPassThru MUNI=MunicipalBond NONE=NoIsitcSecurityType OPT=Option PS=PreferredStock
    RP=RepurchaseAgreement RVRP=ReverseRepurchaseAgreement SL=StudentLoanMarketingAssociation TD=TimeDeposit
    USTB=UsTreasuryBill WAR=Warrant ZOO=CatsTigersLions
PutOrCall INT: 0=Put 1=Call
CoveredOrUncovered INT: 0=Covered 1=Uncovered
CustomerOrFirm INT: 0=Customer 1=Firm
QuoteResponseLevel INT: 0=NoAcknowledgement 1=AcknowledgeErroneous 2=AcknowledgeEach
QuoteRequestType INT: 1=Manual 2=Automatic
MessageEncoding STRING: EUC-JP=EUC ISO-2022-JP=JIS SHIFT_JIS=ShiftJIS UTF-8=UTF8
SessionRejectReason INT: 0=InvalidTagNumber 1=RequiredTagMissing 2=TagNotDefinedForMessageType 3=UndefinedTag
    4=TagWithoutValue 5=ValueIsIncorrect 6=IncorrectDataFormat 7=DecryptionProblem 8=SignatureProblem 9=CompIDProblem
    10=SendingTimeAccuracyProblem 11=InvalidMsgType
ExecRestatementReason INT: 0=GtCorporateAction 1=GtRenewal 2=VerbalChange 3=RepricingOfOrder 4=BrokerOption
    5=PartialDeclineOfOrderQty
BusinessRejectReason INT: 0=Other 1=UnknownID 2=UnknownSecurity 3=UnsupportedMessageType 4=ApplicationNotAvailable
    5=ConditionallyRequiredFieldMissing
MsgDirection CHAR: R=Receive S=Send
DiscretionInst CHAR: 0=DisplayedPrice 1=MarketPrice 2=PrimaryPrice 3=LocalPrimaryPrice 4=MidpointPrice
    5=LastTradePrice
GTBookingInst INT: 0=BookOutOnDayOfExecution 1=AccumulateUntilFilledOrExpired 2=AccumulateUntilNotified
CxlRejResponseTo CHAR: 1=OrderCancelRequest 2=OrderCancelReplaceRequest
MultiLegReportingType CHAR: 1=SingleSecurity 2=IndividualLeg 3=MultiLegSecurity
"""

#: Every message type of this version.
_TYPES = """
0=Heartbeat 1=TestRequest 2=ResendRequest 3=Reject 4=SequenceReset 5=Logout 6=IOI 7=Advertisement 8=ExecutionReport
9=OrderCancelReject A=Logon B=News C=Email D=NewOrderSingle E=NewOrderList F=OrderCancelRequest
G=OrderCancelReplaceRequest H=OrderStatusRequest J=Allocation K=ListCancelRequest L=ListExecute M=ListStatusRequest
N=ListStatus P=AllocationACK Q=DontKnowTrade R=QuoteRequest S=Quote T=SettlementInstructions V=MarketDataRequest
W=MarketDataSnapshotFullRefresh X=MarketDataIncrementalRefresh Y=MarketDataRequestReject Z=QuoteCancel
a=QuoteStatusRequest b=QuoteAcknowledgement c=SecurityDefinitionRequest d=SecurityDefinition e=SecurityStatusRequest
f=SecurityStatus g=TradingSessionStatusRequest h=TradingSessionStatus i=MassQuote j=BusinessMessageReject k=BidRequest
l=BidResponse m=ListStrikePrice
"""

_TAGS = "1-100 102-219 223 231 262-446"

FIX42 = compile_dictionary(b"FIX.4.2", _MESSAGES, _FIELDS, _TYPES, _TAGS)
